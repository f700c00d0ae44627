// Code that is JavaScript already has nothing to compile.

export const compile = () => true;
