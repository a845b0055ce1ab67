/**
 * What is different in a demonstration, and what can be done in it.
 * @param {{consoleUrl: string, stripeUrl: string, finance: {email: string, password: string}}} facts
 */
export function demoBanner({ consoleUrl, stripeUrl, finance }) {
  return `
This is a demonstration. Its clock is moved by hand, and Stripe is a double (${stripeUrl}): no money moves.

  Finance    ${consoleUrl}
             ${finance.email}
             ${finance.password}

Give a card         npm run demo:clock -- card            prints the page; choose a card there
Move the clock      npm run demo:clock -- +1d             or +3h, +2w; without anything it says what time it is
Close the month     npm run demo:clock -- month           goes to just after its end; the invoice follows in seconds
Make a payment fail npm run demo:clock -- declined        from now on the cards of all tenants are declined; -- good ends it

docs/guides/demo-month.md walks a month: use, close, pay, fail, dun, credit. "npm run demo:month" does so by itself.

Ctrl-C stops everything, and nothing of it stays.
`;
}
