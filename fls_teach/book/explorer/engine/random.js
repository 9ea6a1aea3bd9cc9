// Seeded random numbers: the same seed gives the same data and the same initial weights on every machine.

// Uniform numbers in (0, 1): the generator sfc32 (Doty-Humphrey), started by a few rounds from two seeds.
export function uniforms(seed, stream = 0) {
  let a = seed | 0, b = stream | 0, c = 0x9e3779b9 | 0, counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return ((sum >>> 0) + 0.5) / 4294967296;
  };
  for (let k = 0; k < 20; k++) next();
  return next;
}

// A function that returns Float64Arrays of independent standard normals (Box and Muller).
export function normals(seed, stream = 0) {
  const uniform = uniforms(seed, stream);
  return (size) => {
    const values = new Float64Array(size);
    for (let k = 0; k < size; k += 2) {
      const radius = Math.sqrt(-2 * Math.log(uniform())), turn = 2 * Math.PI * uniform();
      values[k] = radius * Math.cos(turn);
      if (k + 1 < size) values[k + 1] = radius * Math.sin(turn);
    }
    return values;
  };
}
