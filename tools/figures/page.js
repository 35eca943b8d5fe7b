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
  // Colours of figures.parts and with_plotly that are too dark on a dark ground, and what stands for them there.
  const inDark = { "#0072b2": "#4ba3e3", "#767676": "#b4bac1", "#009e73": "#2fc296", "#ffffff": "#15181c",
                   "#24292f": "#e6e8eb" };
  const shadesInDark = [[0, "#1e2227"], [0.05, "#26374c"], [0.5, "#3f78b4"], [1, "#8ab8f0"]];
  const shade = (colour) => (dark.matches && inDark[colour]) || colour;
  const paintMarks = ({ data, layout }) => ({
    data: data.map((trace) => {
      const painted = structuredClone(trace);
      for (const part of [painted.line, painted.marker, painted.marker?.line])
        if (part?.color) part.color = shade(part.color);
      if (painted.colorscale)
        painted.colorscale = dark.matches && painted.name === "counts" ? shadesInDark
          : painted.colorscale.map(([at, colour]) => [at, painted.name === "counts" ? colour : shade(colour)]);
      return painted;
    }),
    shapes: (layout.shapes ?? []).map((each) => ({ ...each, line: { ...each.line, color: shade(each.line?.color) } })),
    annotations: (layout.annotations ?? []).map((each) => ({ ...each,
      font: { ...each.font, color: shade(each.font?.color) } })),
  });
  const paint = (place) => {
    const [ink, line, axis] = dark.matches ? ["#e6e8eb", "#3a4047", "#8a9199"] : ["#24292f", "#e9eaec", "#9aa0a6"];
    const of = (name) => ({ [`${name}.gridcolor`]: line, [`${name}.linecolor`]: axis, [`${name}.tickcolor`]: axis });
    const { data, shapes, annotations } = paintMarks(plots[place.dataset.plot]);
    place.data.forEach((trace, i) => Object.assign(trace, data[i]));
    return Plotly.relayout(place, { "font.color": ink, ...of("xaxis"), ...of("yaxis"), shapes, annotations })
      .then(() => Plotly.redraw(place));
  };
  dark.addEventListener("change", () => places.filter((place) => place.data).forEach(paint));
  const config = { responsive: true, displaylogo: false, displayModeBar: false };
  for (const place of places) {
    const { data, layout } = plots[place.dataset.plot];
    await Plotly.newPlot(place, structuredClone(data), layout, config);
    if (dark.matches) await paint(place);
    // Between two plots the page stays alive: there may be a hundred.
    await new Promise((resume) => setTimeout(resume));
  }
  root.dataset.drawn = places.length;
})();
