/** Where this installation is reached from outside, for answers that name it. */
export class Installation {
  constructor(
    readonly publicUrl: string,
    readonly gatewayUrl: string,
  ) {}
}
