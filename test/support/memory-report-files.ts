import type { ReportFiles } from '../../contexts/analytics/application/ports.ts';

/** Reports in memory, and what lies there. */
export interface MemoryReportFiles extends ReportFiles {
  readonly text: (key: string) => string;
  readonly keys: () => readonly string[];
}

export const makeMemoryReportFiles = (): MemoryReportFiles => {
  const files = new Map<string, string>();
  return {
    store: async (key, content) => {
      let text = '';
      for await (const piece of content) text += piece;
      files.set(key, text);
      return Buffer.byteLength(text);
    },
    link: async (key, { seconds, fileName }) => `memory://${key}?seconds=${seconds}&name=${fileName}`,
    text: (key) => files.get(key) ?? '',
    keys: () => [...files.keys()],
  };
};
