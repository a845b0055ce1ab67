import { Box } from '@mantine/core';
import { CopyAction } from './copy.js';

interface CodeBlockProps {
  readonly text: string;
  /** Names the block and its copy button. */
  readonly label: string;
  /** What is copied when it differs from what is shown, as with a masked key. */
  readonly copyText?: string;
  readonly tall?: boolean;
}

export function CodeBlock({ text, label, copyText, tall = false }: CodeBlockProps) {
  return (
    <Box pos="relative">
      <pre className="code-block" data-tall={tall || undefined} tabIndex={tall ? 0 : undefined} role="region" aria-label={label} style={{ paddingRight: 46 }}>
        {text}
      </pre>
      <Box pos="absolute" top={6} right={6}>
        <CopyAction value={copyText ?? text} label={`Copy ${label.charAt(0).toLowerCase()}${label.slice(1)}`} />
      </Box>
    </Box>
  );
}
