/** The smallest pictures of given dimensions, made here so that the tree holds no binary files. */

/** The headers of a GIF and one image block. */
export function gif(width, height) {
  const screen = Buffer.alloc(7);
  screen.writeUInt16LE(width, 0);
  screen.writeUInt16LE(height, 2);
  const image = Buffer.alloc(10);
  image[0] = 0x2c;
  image.writeUInt16LE(width, 5);
  image.writeUInt16LE(height, 7);
  return Buffer.concat([Buffer.from('GIF89a'), screen, image, Buffer.from([2, 2, 0x44, 1, 0, 0x3b])]);
}
