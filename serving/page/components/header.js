/** The line at the top: the name, the colour theme, and a button for the threads on narrow screens. */
import { html, useState } from "../vendor/preact.js";

const THEMES = { auto: "light", light: "dark", dark: "auto" };

export function Header({ session, drawerOpen, onToggleDrawer }) {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme);
  function changeTheme() {
    const next = THEMES[theme] ?? "auto";
    document.documentElement.dataset.theme = next;
    localStorage.setItem("tpo-theme", next);
    setTheme(next);
  }
  return html`
    <header class="page-header">
      <button
        class="quiet drawer-button"
        aria-expanded=${drawerOpen}
        aria-controls="threads"
        onClick=${onToggleDrawer}
      >
        Threads
      </button>
      <button class="wordmark" onClick=${session.close} aria-label="tpo: back to the start">
        <${Logo} /><span>tpo</span>
      </button>
      <p class="motto">Answers that improve while you watch</p>
      <button class="quiet" onClick=${changeTheme} aria-label=${`Colours: ${theme}. Change`}>
        <span aria-hidden="true">${{ auto: "◐", light: "○", dark: "●" }[theme]}</span> ${theme}
      </button>
    </header>
  `;
}

const Logo = () => html`
  <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
    <path d="M5 25 13 17l5 4 9-13" />
    <circle class="worst" cx="5" cy="25" r="3.6" />
    <circle class="best" cx="27" cy="8" r="3.6" />
  </svg>
`;
