// The wasm stands in the script, a character a byte.

export function compile() {
  const text = TRIBUTARY_BYTES;
  const bytes = new Uint8Array(text.length);
  // Uint8Array.from takes several times as long.
  for (let place = text.length; place--; ) bytes[place] = text.charCodeAt(place);
  return new WebAssembly.Module(bytes);
}
