import { useEffect, type RefObject } from 'react';

/** Moves the focus to the first field with a fault, so that nobody has to look for it. */
export function useFocusFault(form: RefObject<HTMLFormElement | null>, faults: Readonly<Record<string, string>>): void {
  useEffect(() => {
    if (Object.keys(faults).length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [form, faults]);
}
