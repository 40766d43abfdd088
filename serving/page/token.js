/** The key of this tab: typed, or from the address that `tpo serve` prints, as #token=... */
const PLACE = "tpo-key";

export const savedKey = () => sessionStorage.getItem(PLACE) ?? "";
export const saveKey = (key) => sessionStorage.setItem(PLACE, key);

/** Keep the token of the address and take it out of there; returns whether there was one. */
export function takeToken() {
  const [, token] = /^#token=([\w.-]+)$/.exec(location.hash) ?? [];
  if (!token) return false;
  saveKey(token);
  history.replaceState(null, "", location.pathname + location.search);
  return true;
}
