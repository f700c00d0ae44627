// Where no experiment changes anything by itself.

export const give = () => {};
export const prepare = () => {};
export const viewed = () => {};
