/**
 * The platform as binaries are named after it: `linux-x64`, `darwin-arm64`, …, and `linux-x64 (musl)` on a Linux whose C
 * library is not the usual one, for which there are neither prebuilt addons nor wheels of PyTorch.
 */
export function platformName() {
  const name = `${process.platform}-${process.arch}`;
  if (process.platform !== 'linux') return name;
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return header.glibcVersionRuntime ? name : `${name} (musl)`;
}
