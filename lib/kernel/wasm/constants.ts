// Tables of constants, made once: a shared memory has no data of its own. (AssemblyScript.)

/** u64: 10 to the power of 0 … 19. */
export let wholePowers: usize = 0;
/** f64: 10 to the power of 0 … 22, all exact. */
export let powers: usize = 0;
/** v128.load(masks + 16 − n): n bytes of ones, then zeros; 0 ≤ n ≤ 16. */
export let masks: usize = 0;

/** Takes 384 bytes. */
export function init(at: usize): void {
  wholePowers = at;
  powers = at + 160;
  masks = at + 352;
  let u: u64 = 1, x: f64 = 1;
  for (let i: usize = 0; i < 20; i++) { store<u64>(wholePowers + (i << 3), u); u *= 10; }
  for (let i: usize = 0; i < 23; i++) { store<f64>(powers + (i << 3), x); x *= 10; }
  memory.fill(masks, 0xff, 16);
  memory.fill(masks + 16, 0, 16);
}
