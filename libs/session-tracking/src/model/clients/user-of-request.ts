/** What authentication usually leaves on a request. */
interface RequestUser {
  id?: unknown;
  userId?: unknown;
  sub?: unknown;
}

/** The id of the user that the host's guards put on a request: `id`, else `userId`, else `sub`. */
export function findUserId(user: RequestUser | null | undefined): unknown {
  return user?.id ?? user?.userId ?? user?.sub;
}
