export async function statusOf(url) {
  const response = await fetch(url);
  // Bodies above 64 KiB hold the socket until somebody reads them; cancel() closes it.
  await response.arrayBuffer();
  return response.status;
}
