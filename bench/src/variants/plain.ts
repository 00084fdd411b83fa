import type { SetUp } from './variant.js';

export const setUp: SetUp = () => ({});
