// The piece whose name is after the # of the address, out of the packed ones.
(async () => {
  const packed = await unpacked("pieces");
  const pieces = new Map(Object.entries(packed.pieces));
  const place = document.getElementById("piece");
  const state = place.innerHTML;

  const show = () => {
    const [name, section] = decodeURIComponent(location.hash.slice(1)).split("/");
    if (!pieces.has(name)) {
      place.innerHTML = state;
      document.getElementById("state").hidden = true;
      document.getElementById("choose").hidden = false;
      return;
    }
    // Made and escaped as the other pages are; scripts in it would not run, by the page's policy.
    place.innerHTML = pieces.get(name).map((line) => packed.lines[line]).join("\n");
    const title = place.querySelector("h1");
    document.title = title.textContent;
    title.focus({ preventScroll: true });
    const part = section && document.getElementById(section);
    if (part) part.scrollIntoView();
    else scrollTo(0, 0);
  };
  addEventListener("hashchange", show);
  addEventListener("beforeprint", () => {
    for (const folded of place.querySelectorAll("details")) folded.open = true;
  });
  show();
})();
