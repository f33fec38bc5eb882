"use strict";
// The details of the student whose file is named after the #, out of the packed ones of all.
(async () => {
  const packed = atob(document.getElementById("people").textContent);
  const bytes = Uint8Array.from(packed, (c) => c.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const people = new Map(Object.entries(JSON.parse(await new Response(unpacked).text())));
  const place = document.getElementById("person");

  const show = () => {
    const [file, section] = location.hash.slice(1).split("/");
    if (!people.has(file)) {
      document.getElementById("state")?.replaceChildren(
        "Choose a student in ",
        Object.assign(document.createElement("a"), { href: "index.html", textContent: "the class report" }),
        ".",
      );
      return;
    }
    // Made and escaped as the other pages are; scripts in it would not run, by the page's policy.
    place.innerHTML = people.get(file);
    const title = place.querySelector("h1");
    document.title = title.textContent;
    title.focus();
    if (section) document.getElementById(section)?.scrollIntoView();
  };
  addEventListener("hashchange", show);
  show();
})();
