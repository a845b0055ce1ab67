/** Where this installation is reached from outside, for answers that name it. */
export class Installation {
  constructor(
    readonly publicUrl: string,
    readonly gatewayUrl: string,
    /** Its clock is moved by hand (docs/adr/0028-the-clock-of-a-demonstration.md). */
    readonly isDemonstration = false,
  ) {}
}
