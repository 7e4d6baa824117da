/** A place in the stream: the life of the log and the last message seen in it. */
export interface Position {
  epoch: string;
  seq: number;
}
export const formatPosition = ({ epoch, seq }: Position): string => `${epoch}:${seq}`;

/** Reads `epoch:seq`; null when it is none. */
export const parsePosition = (text: string): Position | null => {
  const match = /^([A-Za-z0-9-]{1,64}):(\d{1,15})$/.exec(text);
  return match?.[1] && match[2] ? { epoch: match[1], seq: Number(match[2]) } : null;
};
