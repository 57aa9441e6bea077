// Why something was not done, in the words of an acknowledgement.

export class CannotDo extends Error {}

export const NOT_ALLOWED = "not allowed now";
export const NO_SPACE = "no space left";
export const NOT_FOUND = "not found";
export const NO_ANSWER = "no answer";
export const CANNOT_SHOW = "cannot be shown";
export const REPLACED = "replaced";
