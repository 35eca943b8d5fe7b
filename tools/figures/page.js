"use strict";
(async () => {
  const root = document.documentElement;
  const plots = JSON.parse(document.getElementById("plots").textContent);
  const places = [...document.querySelectorAll("[data-plot]")];
  const say = (place, sentence) => {
    place.className = "gap";
    place.style.height = "auto";
    place.textContent = sentence;
  };
  if (typeof DecompressionStream === "undefined") {
    places.forEach((place) => say(place, "This browser cannot unpack the plots; one from 2023 or later can."));
    return;
  }
  const packed = Uint8Array.from(atob(document.getElementById("plotly").textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script);

  // Plots have the page's colours, light or dark, also when the reader's choice changes.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = (place) => {
    const [ink, line, axis] = dark.matches ? ["#e6e8eb", "#3a4047", "#8a9199"] : ["#24292f", "#e9eaec", "#9aa0a6"];
    const of = (name) => ({ [`${name}.gridcolor`]: line, [`${name}.linecolor`]: axis, [`${name}.tickcolor`]: axis });
    return Plotly.relayout(place, { "font.color": ink, ...of("xaxis"), ...of("yaxis") });
  };
  dark.addEventListener("change", () => places.filter((place) => place.data).forEach(paint));
  const config = { responsive: true, displaylogo: false, displayModeBar: false };
  for (const place of places) {
    const { data, layout } = plots[place.dataset.plot];
    await Plotly.newPlot(place, data, layout, config);
    if (dark.matches) await paint(place);
    // Between two plots the page stays alive: there may be a hundred.
    await new Promise((resume) => setTimeout(resume));
  }
  root.dataset.drawn = places.length;
})();
