// Makes a picture smaller: the same pixels in few colors, as an indexed PNG.
import zlib from "node:zlib";

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const COLORS = 64;

/** Returns the pixels of a PNG of 8 bits per channel without interlacing, as Chromium writes it. */
const decode = file => {
  const data = [];
  let head;
  for (let at = SIGNATURE.length; at < file.length;) {
    const length = file.readUInt32BE(at), kind = file.toString("latin1", at + 4, at + 8), part = file.subarray(at + 8, at + 8 + length);
    if (kind === "IHDR") head = part;
    if (kind === "IDAT") data.push(part);
    at += length + 12;
  }
  const [width, height, channels] = [head.readUInt32BE(0), head.readUInt32BE(4), head[9] === 6 ? 4 : 3];
  const raw = zlib.inflateSync(Buffer.concat(data)), stride = width * channels;
  const pixels = Buffer.alloc(height * stride);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x >= channels ? pixels[at - channels] : 0, up = y > 0 ? pixels[at - stride] : 0;
      const corner = x >= channels && y > 0 ? pixels[at - stride - channels] : 0;
      const guess = left + up - corner;
      const [a, b, c] = [left, up, corner].map(one => Math.abs(guess - one));
      const nearest = a <= b && a <= c ? left : b <= c ? up : corner;
      pixels[at] = raw[y * (stride + 1) + 1 + x] + [0, left, up, (left + up) >> 1, nearest][filter];
    }
  }
  return { width, height, channels, pixels };
};

const chunk = (kind, data) => {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(zlib.crc32(body));
  return Buffer.concat([length, body, sum]);
};

/** Returns a PNG in its most frequent colors; each other pixel gets the nearest of them. */
export const indexed = file => {
  const { width, height, channels, pixels } = decode(file);
  const colors = new Uint32Array(width * height), counts = new Map();
  for (let at = 0; at < colors.length; at += 1) {
    colors[at] = pixels.readUIntBE(at * channels, 3);
    counts.set(colors[at], (counts.get(colors[at]) ?? 0) + 1);
  }
  const parts = color => [color >> 16, (color >> 8) & 255, color & 255];
  const distance = (one, other) => one.reduce((sum, part, index) => sum + (part - other[index]) ** 2, 0);
  // Colors that are nearly alike take one place.
  const palette = [];
  for (const [color] of [...counts].sort(([, one], [, other]) => other - one)) {
    if (palette.length < COLORS && palette.every(known => distance(known, parts(color)) > 80)) palette.push(parts(color));
  }
  const places = new Map([...counts.keys()].map(color => {
    const away = palette.map(known => distance(known, parts(color)));
    return [color, away.indexOf(Math.min(...away))];
  }));
  const lines = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) lines[y * (width + 1) + 1 + x] = places.get(colors[y * width + x]);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const data = zlib.deflateSync(lines, { level: 9, memLevel: 9 });
  return Buffer.concat([
    SIGNATURE, chunk("IHDR", head), chunk("PLTE", Buffer.from(palette.flat())), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0)),
  ]);
};
