// Where no experiment changes anything by itself.

export function give() {}
export function prepare() {}
export function renew() {}
