// Before anything is painted, so that a dark page never flashes white. Not a module, so that it blocks.
document.documentElement.dataset.theme = localStorage.getItem("tpo-theme") || "auto";
