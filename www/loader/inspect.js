// stands in
export const open = () => {};
