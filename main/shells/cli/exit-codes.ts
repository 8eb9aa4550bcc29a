/** What the command line ends with; fixed by the report format, version 1. */
export const ExitCode = {
  done: 0,
  /** Done, and a `--fail-on` condition holds. */
  conditionHolds: 1,
  arguments: 2,
  /** An input could not be read; the others were analysed and reported. */
  unreadableInput: 3,
  liveCaptureFailed: 4,
  /** By Ctrl-C; what was analysed until then is reported. */
  interrupted: 130,
} as const;
