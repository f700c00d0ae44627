// Where all experiments are for everybody.

export const begin = () => {};
export const setAttributes = () => {};
