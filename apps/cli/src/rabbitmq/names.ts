import { namePattern } from '@waybill/contracts';

/** Gives every RabbitMQ name one that fits, each its own; the same name always the same. */
export class Names {
  private readonly given = new Map<string, string>();

  constructor(private readonly onRenamed: (from: string, to: string) => void, private readonly reserved: (name: string) => boolean = () => false) {}

  of(name: string): string {
    const known = this.given.get(name);
    if (known !== undefined) return known;
    const fitting = this.free(this.fits(name) ? name : `x${name}`.replace(/[^A-Za-z0-9._-]/g, '-').replace(/^x(?=[A-Za-z0-9])/, '').slice(0, 120));
    this.given.set(name, fitting);
    if (fitting !== name) this.onRenamed(name, fitting);
    return fitting;
  }

  private fits(name: string): boolean {
    return namePattern.test(name) && !this.reserved(name);
  }

  private free(wish: string): string {
    const start = this.fits(wish) ? wish : `q.${wish}`.slice(0, 120);
    const taken = new Set(this.given.values());
    for (let number = 1; ; number += 1) {
      const candidate = number === 1 ? start : `${start}-${number}`;
      if (!taken.has(candidate)) return candidate;
    }
  }
}
