/** What the codes of AppError stand for; stable, other programs may test them. */
export type AppErrorCode =
  | 'file-not-found'
  | 'permission-denied'
  | 'file-unreadable'
  | 'is-a-directory-without-captures'
  | 'empty-file'
  | 'not-a-capture'
  | 'unsupported-format'
  | (string & {});

/** An error for the person at the program: one line that says what happened and what to do. */
export class AppError extends Error {
  readonly code: AppErrorCode;
  /** What the command line exits with; 3 is "an input could not be read". */
  readonly exitCode: number;

  constructor(code: AppErrorCode, message: string, exitCode = 3) {
    super(message);
    this.name = 'AppError';
    this.code = code;
    this.exitCode = exitCode;
  }
}
