// Routes without a framework: a template for each path, and the History API. Nothing here measures: page views are
// noticed by the feature.

/** Shows the templates; `wire` is called with the path after each. */
export const startRoutes = (wire) => {
  const show = () => {
    const template = document.getElementById(location.pathname) ?? document.getElementById("/");
    document.getElementById("view").replaceChildren(template.content.cloneNode(true));
    document.title = document.querySelector("#view h1").textContent;
    wire(template.id);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || link.origin !== location.origin || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    show();
  });
  addEventListener("popstate", show);
  show();
};
