export function recall() {}
