// Tables of constants, made once: a shared memory has no data of its own. (AssemblyScript.)

/** u64: 10 to the power of 0 … 19. */
export let wholePowers: usize = 0;
/** f64: 10 to the power of 0 … 22, all exact. */
export let powers: usize = 0;
/** v128.load(masks + 16 − n): n bytes of ones, then zeros; 0 ≤ n ≤ 16. */
export let masks: usize = 0;

/** u8 by the byte behind a backslash: length of the escape, 0: there is none; then, from 256 on, 1 for each hexadecimal digit. */
export let escapes: usize = 0;

/** u64: 5 to the power of 0 … 27. */
export let fives: usize = 0;

/** Takes 1,120 bytes. */
export function init(at: usize): void {
  wholePowers = at;
  powers = at + 160;
  masks = at + 352;
  let u: u64 = 1, x: f64 = 1;
  for (let i: usize = 0; i < 20; i++) { store<u64>(wholePowers + (i << 3), u); u *= 10; }
  for (let i: usize = 0; i < 23; i++) { store<f64>(powers + (i << 3), x); x *= 10; }
  memory.fill(masks, 0xff, 16);
  memory.fill(masks + 16, 0, 16);
  fives = at + 896;
  u = 1;
  for (let i: usize = 0; i < 28; i++) { store<u64>(fives + (i << 3), u); u *= 5; }
  escapes = at + 384;
  memory.fill(escapes, 0, 512);
  store<u8>(escapes + 34, 2); store<u8>(escapes + 92, 2); store<u8>(escapes + 47, 2); store<u8>(escapes + 98, 2); store<u8>(escapes + 102, 2);
  store<u8>(escapes + 110, 2); store<u8>(escapes + 114, 2); store<u8>(escapes + 116, 2); store<u8>(escapes + 117, 6);
  for (let i: usize = 0; i < 6; i++) { store<u8>(escapes + 256 + 65 + i, 1); store<u8>(escapes + 256 + 97 + i, 1); }
  for (let i: usize = 0; i < 10; i++) store<u8>(escapes + 256 + 48 + i, 1);
}
