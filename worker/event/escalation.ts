// A town's escalations, read from the only form in which they leave it: the texts that `gt escalate` writes for Slack and for SMS
// (gastown, internal/cmd/escalate_impl.go), and what its daemon tells `bin/gt-notify`.
export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Escalation {
  readonly severity: Severity;
  /** What to acknowledge it by in the town. */
  readonly bead: string | null;
  readonly text: string;
  readonly channel: string | null;
}

const SLACK = /^\S{1,4} \*\[(CRITICAL|HIGH|MEDIUM|LOW)\] Escalation ([^\s*]{1,100})\*\n/;
const ACKNOWLEDGE = /\n_Acknowledge: `gt escalate ack [^`\n]{1,100}`_$/;
const SMS = /^\[Gas Town (CRITICAL|HIGH|MEDIUM|LOW)\] /;
const BEAD = / \(bead: ([^\s()]{1,100})\)$/;

/** `priority` is what the daemon says beside a text of its own: "critical" or "high" of what is wrong, "info" or "success". */
export function escalationOf(text: string, priority: string | null): Omit<Escalation, 'channel'> | null {
  const [head, severity, bead] = SLACK.exec(text) ?? [];
  if (head !== undefined && bead !== undefined) {
    return { severity: severityOf(severity) ?? 'low', bead, text: text.slice(head.length).replace(ACKNOWLEDGE, '') };
  }
  const [start, level] = SMS.exec(text) ?? [];
  if (start !== undefined) {
    const [, id = null] = BEAD.exec(text) ?? [];
    return { severity: severityOf(level) ?? 'low', bead: id, text: text.slice(start.length).replace(BEAD, '') };
  }
  const said = severityOf(priority);
  return said === null ? null : { severity: said, bead: null, text };
}

function severityOf(word: string | null | undefined): Severity | null {
  return SEVERITIES.find((severity) => severity === word?.toLowerCase()) ?? null;
}
