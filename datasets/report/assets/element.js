/** Makes an element. Texts become text nodes, so nothing that a model wrote is ever markup. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value != null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat(2).filter((child) => child != null && child !== false && child !== ""));
  return element;
}

/** The mark of an arm, as the table of arms has it. */
export function keyOf(place) {
  const key = document.querySelectorAll("#arms tbody .key")[place];
  return key ? key.cloneNode(true) : null;
}
