import { RpcFailure } from '../../shared/rpc/api.ts';

/** Sends files to the program's server, one after the other; see `PageShell.upload`. */
export async function uploadFiles(files: readonly File[], sent: (bytes: number) => void, signal: AbortSignal): Promise<string> {
  let upload: string | null = null;
  let before = 0;
  for (const file of files) {
    const offset = before;
    upload = await uploadFile(file, upload, (bytes) => sent(offset + Math.min(bytes, file.size)), signal);
    before += file.size;
    sent(before);
  }
  if (upload === null) throw new RpcFailure('upload-failed', 'There is no file to send.');
  return upload;
}

/** XMLHttpRequest, because fetch does not tell what was sent. */
function uploadFile(file: File, into: string | null, sent: (bytes: number) => void, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new RpcFailure('aborted', 'Stopped.'));
    const search = new URLSearchParams({ name: file.name, ...(into !== null && { upload: into }) });
    const request = new XMLHttpRequest();
    request.open('POST', `/upload?${search.toString()}`);
    request.upload.onprogress = ({ loaded }) => sent(loaded);
    request.onload = () => {
      const answer = parse(request.responseText);
      if (request.status === 200 && typeof answer['upload'] === 'string') resolve(answer['upload']);
      else reject(new RpcFailure(text(answer['code']) ?? 'upload-failed', text(answer['message']) ?? 'The program did not take the file.'));
    };
    request.onerror = () => reject(new RpcFailure('upload-failed', `${file.name} could not be sent: it cannot be read, it changed meanwhile, or the program was stopped.`));
    request.onabort = () => reject(new RpcFailure('aborted', 'Stopped.'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.send(file);
  });
}

function parse(json: string): Record<string, unknown> {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
