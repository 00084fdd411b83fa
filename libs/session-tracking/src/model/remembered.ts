/** Routes come from code, but a record that a host makes may name any. */
const MOST_REMEMBERED = 1000;

/** Remembers what a function made of arguments of which few are different, such as routes. */
export function remembered<A extends string | number, T>(
  make: (argument: A) => T,
): (argument: A) => T {
  const known = new Map<A, T>();
  return (argument) => {
    let made = known.get(argument);
    if (made === undefined) {
      if (known.size === MOST_REMEMBERED) {
        known.clear();
      }
      made = make(argument);
      known.set(argument, made);
    }
    return made;
  };
}
