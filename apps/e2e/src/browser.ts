import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';

const candidates = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Undefined where no Chromium is installed: the browser specs are then skipped by name. */
export const chromiumPath = candidates.find((file): file is string => file !== undefined && existsSync(file));

const screenshots = fileURLToPath(new URL('../test-results/screenshots/', import.meta.url));

export interface Window {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page wrote to its console as an error, and exceptions nobody caught. */
  readonly faults: string[];
  /** The page in both themes and, in the light one, at phone width. */
  capture(name: string): Promise<void>;
  close(): Promise<void>;
}

/** A fresh browser with a profile of its own. */
export async function openBrowser(): Promise<Window> {
  if (!chromiumPath) throw new Error('no Chromium');
  const profile = await mkdtemp(path.join(tmpdir(), 'waybill-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    viewport: { width: 1280, height: 900 },
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (line) => {
    // Chromium reports every refused request here; the console handles those itself.
    if (line.type() === 'error' && !line.text().startsWith('Failed to load resource')) faults.push(line.text());
  });
  await mkdir(screenshots, { recursive: true });
  return {
    page, context, faults,
    async capture(name) {
      await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
      for (const [suffix, colorScheme, width] of [['light', 'light', 1280], ['dark', 'dark', 1280], ['phone', 'light', 390]] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await page.screenshot({ path: path.join(screenshots, `${name}-${suffix}.png`), fullPage: true, animations: 'disabled' });
      }
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 1280, height: 900 });
    },
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Pixels by which the page is wider than its window; 0 when nothing has to be scrolled sideways. */
export async function overflow(page: Page): Promise<number> {
  const beyond = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  // A chart follows a change of the window's width some frames later.
  await page.waitForFunction(`${beyond} <= 0`, undefined, { timeout: 5_000 }).catch(() => undefined);
  return page.evaluate(beyond) as Promise<number>;
}
