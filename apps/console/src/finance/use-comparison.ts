import { useMutation } from '@tanstack/react-query';
import { compareTenant } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { notice } from '../elements/notice.js';
import { plural } from '../words/figures.js';
import { useRefreshFinance } from './queries.js';

/** Compares the counts of one tenant's month now, and says what came of it. */
export function useComparison(period: string) {
  const refresh = useRefreshFinance();
  return useMutation({
    mutationFn: (tenant: string) => callOperation(compareTenant, { params: { tenant }, body: { period } }),
    onSuccess: async ({ differences }) => {
      await refresh();
      notice(differences === 0 ? 'Compared. Every count of this tenant agrees.' : `Compared. ${plural(differences, 'difference')}, under Variance.`);
    },
  });
}
