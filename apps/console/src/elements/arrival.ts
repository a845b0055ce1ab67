import { useEffect, useRef, type RefObject } from 'react';

/** The first page of a visit keeps the browser's own focus, so that the skip link is the first stop. */
let arrivedBefore = false;

/**
 * Names the document and, after a navigation, moves the focus to the page's heading, so that a screen reader says
 * where the person is. A page with a field that takes the focus by itself does not use the heading.
 */
export function useArrival(title: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Waybill`;
    if (arrivedBefore) heading.current?.focus({ preventScroll: true });
    arrivedBefore = true;
  }, [title]);
  return heading;
}

/** After the thing that had the focus was deleted. A closing dialog gives the focus back first, hence the pause. */
export function focusHeading(): void {
  setTimeout(() => document.querySelector('h1')?.focus({ preventScroll: true }), 200);
}
