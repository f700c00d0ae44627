// Where all experiments are for everybody.

export function begin() {}
export function setAttributes() {}
