import { HubApiError } from '@huggingface/hub';
import { UserError } from '../errors.js';

interface Request {
  id: string;
  revision: string;
  endpoint: string;
  cache: string;
}

/** What a failed request to the hub means for the user, and what to do. */
export function explainHubError(error: unknown, request: Request): Error {
  if (error instanceof UserError) return error;
  const { id, revision, endpoint, cache } = request;
  const wrap = (message: string) => new UserError(message, 'FOOTHOLD_HUB', { cause: error });
  if (error instanceof HubApiError) return wrap(explainStatus(error, request));
  if (isBadToken(error)) {
    return wrap(`The access token (HF_TOKEN, or the file of huggingface-cli login) is not one: ${error.message}.`);
  }
  if (isDiskError(error)) {
    return wrap(
      `The model ${id} cannot be written to the cache ${cache}: ${(error as Error).message}. HF_HUB_CACHE moves the cache.`,
    );
  }
  return wrap(
    `The model ${id} (revision ${revision}) is not in the cache ${cache} and cannot be fetched from ${endpoint}: ` +
      `${reason(error)}. Check the network (what has been downloaded is kept), set HF_ENDPOINT to a mirror, or give the path of a model folder.`,
  );
}

/** The request brought no answer at all. */
export function isUnreachable(error: unknown): boolean {
  return !(error instanceof UserError || error instanceof HubApiError || isBadToken(error) || isDiskError(error));
}

function isBadToken(error: unknown): error is TypeError {
  return error instanceof TypeError && error.message.includes('access token');
}

function isDiskError(error: unknown): boolean {
  return ['ENOSPC', 'EACCES', 'EROFS', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function explainStatus(error: HubApiError, { id, revision, endpoint }: Request): string {
  const page = `${endpoint}/${id}`;
  switch (error.statusCode) {
    case 401:
      return (
        `The hub does not show the model ${id}: it does not exist, or is private or gated. Check the name; for a gated model ` +
        `accept its conditions on ${page} and set HF_TOKEN to a token of that account.`
      );
    case 403:
      return `The account of your HF_TOKEN may not read ${id}: accept the model's conditions on ${page} and wait for approval.`;
    case 404:
      return `There is no model ${id} with a revision ${revision} on ${endpoint}, and no folder of that name. Check the name.`;
    case 429:
      return `${endpoint} asks for fewer requests (status 429). Wait some minutes; a token in HF_TOKEN raises the limit.`;
    default:
      return `${endpoint} answered with status ${error.statusCode} for the model ${id}: ${error.message}. Try again later.`;
  }
}

/** The innermost cause: undici hides "ECONNREFUSED" behind "fetch failed". */
function reason(error: unknown): string {
  let inner = error as Error & { code?: string };
  while (inner?.cause instanceof Error) inner = inner.cause as typeof inner;
  return inner?.message || inner?.code || String(error);
}
