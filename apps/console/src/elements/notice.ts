import { notifications } from '@mantine/notifications';

/** Says once that something was done; the page itself shows the result. */
export function notice(message: string): void {
  notifications.show({ message, color: 'petrol', autoClose: 3_500, withBorder: true, closeButtonProps: { 'aria-label': 'Dismiss' } });
}
