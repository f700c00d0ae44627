// Harbour & Pine, a demo shop. What a developer adds for Tributary is marked; the rest is an ordinary small shop.

const CURRENCY = "USD";
const FREE_DELIVERY_FROM = 7500; // cents, like every amount in this file
const DELIVERY = 590;

const PRODUCTS = [
  { id: "mug", name: "Tideline mug", price: 2990, goesWith: ["bowl", "board", "candle"],
    story: "A mug with some weight to it, dipped once for the sea and once more for luck. The glaze breaks where the two meet, so no line is the same.",
    facts: { Material: "Stoneware", Holds: "330 ml", Care: "Dishwasher safe" } },
  { id: "lamp", name: "Mooring lamp", price: 14900, goesWith: ["throw", "stool", "candle"],
    story: "Turned from one piece of ash, with a linen shade and a brass pull. It gives the light of a window seen from a boat.",
    facts: { Material: "Ash, linen, brass", Height: "52 cm", Bulb: "E26, included" } },
  { id: "throw", name: "Saltwash throw", price: 11900, goesWith: ["lamp", "candle", "mug"],
    story: "Lambswool woven double and washed in the old way, until it falls like something you have owned for years.",
    facts: { Material: "Lambswool", Size: "140 × 190 cm", Care: "Air, do not wash" } },
  { id: "candle", name: "Pilot candle", price: 3400, goesWith: ["lamp", "throw", "vase"],
    story: "Pine tar, cedar and a little smoke. It smells of a boatyard in October, and burns for sixty hours.",
    facts: { Material: "Rapeseed wax", Burns: "60 hours", Weight: "300 g" } },
  { id: "bowl", name: "Cove bowl", price: 4450, goesWith: ["board", "mug", "vase"],
    story: "Wide enough for the week's oranges, plain enough for the Sunday salad. Thrown by hand, with one blue line at the rim.",
    facts: { Material: "Stoneware", Width: "28 cm", Care: "Dishwasher safe" } },
  { id: "stool", name: "Keel stool", price: 18900, goesWith: ["lamp", "throw", "vase"],
    story: "Three oak boards, two stretchers and not a single screw. Sit on it, stand on it, put the lamp on it.",
    facts: { Material: "Oiled oak", Height: "44 cm", Carries: "150 kg" } },
  { id: "board", name: "Jetty board", price: 5800, goesWith: ["bowl", "mug", "candle"],
    story: "End-grain walnut that closes up behind the knife. Hang it by the hole; it is too good for a drawer.",
    facts: { Material: "Walnut", Size: "24 × 42 cm", Care: "Oil twice a year" } },
  { id: "vase", name: "Fog vase", price: 6490, goesWith: ["bowl", "lamp", "candle"],
    story: "Porcelain as matt as a foggy morning. It wants one branch, and it wants it from the hedge.",
    facts: { Material: "Porcelain", Height: "21 cm", Care: "By hand" } },
];

const byId = (id) => document.getElementById(id);
const product = (id) => PRODUCTS.find((one) => one.id === id);
const money = (cents) => new Intl.NumberFormat("en-US", { style: "currency", currency: CURRENCY }).format(cents / 100);

/** An element with attributes and children; text stays text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// The cart: [{ id, quantity }], in this browser only.

function load(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`shop:${key}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function save(key, value) {
  try {
    localStorage.setItem(`shop:${key}`, JSON.stringify(value));
  } catch {
    // Storage is off: the cart lasts for one page.
  }
}

const readCart = () => load("cart", []).filter((line) => product(line.id) && line.quantity > 0);

function writeCart(cart) {
  save("cart", cart);
  showCount();
}

function totals(cart) {
  const goods = cart.reduce((sum, line) => sum + product(line.id).price * line.quantity, 0);
  const delivery = goods >= FREE_DELIVERY_FROM ? 0 : DELIVERY;
  return { goods, delivery, total: goods + delivery };
}

function showCount() {
  const count = readCart().reduce((sum, line) => sum + line.quantity, 0);
  byId("cart-count").hidden = count === 0;
  byId("cart-count").textContent = count;
}

function showTotals(list, { goods, delivery, total }) {
  const rows = [["Goods", money(goods)], ["Delivery", delivery ? money(delivery) : "Free"], ["Total", money(total)]];
  list.replaceChildren(...rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

const picture = (id) => element("img", { src: `art/${id}.svg`, width: 400, height: 400, alt: "" });

const shortLine = ({ id, quantity }) => element("li", {}, picture(id),
  element("span", { class: "name" }, `${product(id).name} × ${quantity}`),
  element("span", { class: "price" }, money(product(id).price * quantity)));

const card = ({ id, name, price }) => element("li", {}, element("a", { class: "card", href: `product.html?id=${id}` },
  picture(id), element("span", { class: "name" }, name), " ", element("span", { class: "price" }, money(price))));

// The pages

function productPage() {
  const chosen = product(new URLSearchParams(location.search).get("id")) ?? PRODUCTS[0];
  document.title = `${chosen.name} · Harbour & Pine`;
  byId("product-art").src = `art/${chosen.id}.svg`;
  byId("product-name").textContent = chosen.name;
  byId("product-price").textContent = money(chosen.price);
  byId("product-story").textContent = chosen.story;
  byId("product-facts").append(...Object.entries(chosen.facts).map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  byId("also").querySelector("ul").append(...chosen.goesWith.map((id) => card(product(id))));
  byId("product").hidden = byId("also").hidden = false;

  byId("add").addEventListener("submit", (submit) => {
    submit.preventDefault();
    const quantity = Number(byId("quantity").value);
    const cart = readCart();
    const line = cart.find((one) => one.id === chosen.id);
    if (line) line.quantity += quantity;
    else cart.push({ id: chosen.id, quantity });
    writeCart(cart);
    byId("add").querySelector(".done").replaceChildren("In your cart. ", element("a", { href: "cart.html" }, "Go to cart"));

    // Tributary
    window.ttoolab?.track("add_to_cart", {
      product: chosen.id, quantity, revenue: (chosen.price * quantity) / 100, currency: CURRENCY,
    });
  });
}

function cartPage() {
  const cart = readCart();
  byId("cart").hidden = cart.length === 0;
  byId("cart-empty").hidden = cart.length > 0;
  showTotals(byId("cart").querySelector(".totals"), totals(cart));
  byId("cart").querySelector(".lines").replaceChildren(...cart.map((line) => {
    const { name, price } = product(line.id);
    const quantity = element("input", { type: "number", min: 1, max: 20, value: line.quantity, "aria-label": `Quantity of ${name}` });
    const remove = element("button", { type: "button", class: "link", "aria-label": `Remove ${name}` }, "Remove");
    quantity.addEventListener("change", () => {
      line.quantity = Math.min(20, Math.max(1, Math.round(quantity.valueAsNumber) || 1));
      writeCart(cart);
      cartPage();
    });
    remove.addEventListener("click", () => {
      writeCart(cart.filter((one) => one !== line));
      cartPage();
    });
    return element("li", {}, picture(line.id),
      element("span", { class: "name" }, element("a", { href: `product.html?id=${line.id}` }, name)),
      element("span", { class: "price" }, money(price * line.quantity)),
      element("span", { class: "change" }, quantity, remove));
  }));
}

/** Without 0, O, 1 and I, so that it can be read out on the phone. */
function newOrderId() {
  const letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
  const text = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => letters[byte % 32]).join("");
  return `HP-${text.slice(0, 4)}-${text.slice(4)}`;
}

function checkoutPage() {
  const cart = readCart();
  const form = byId("checkout");
  form.hidden = cart.length === 0;
  byId("cart-empty").hidden = cart.length > 0;
  form.querySelector(".lines").replaceChildren(...cart.map(shortLine));
  showTotals(form.querySelector(".totals"), totals(cart));

  form.addEventListener("submit", (submit) => {
    submit.preventDefault();
    const order = { id: newOrderId(), cart, ...totals(cart), ...Object.fromEntries(new FormData(form)) };

    // Tributary
    window.ttoolab?.track("purchase", { revenue: order.total / 100, currency: CURRENCY, order_id: order.id });

    save("order", order);
    writeCart([]);
    location.href = form.action;
  }, { once: true });
}

function thanksPage() {
  const order = load("order", null);
  if (!order) return;
  byId("no-order").hidden = true;
  byId("order").hidden = false;
  byId("order-name").textContent = `Your order is in, ${order.name.split(" ")[0]}.`;
  byId("order-id").textContent = order.id;
  byId("order").querySelector(".lines").replaceChildren(...order.cart.map(shortLine));
  showTotals(byId("order").querySelector(".totals"), order);
  byId("order-address").textContent = `To ${order.name}, ${order.street}, ${order.city} ${order.postcode}, ${order.country}`;
}

// Tributary: the hero is the experiment `hero`. The HTML is the control; if the script never comes, it stays.
async function heroExperiment() {
  const hero = document.querySelector(".hero");
  if (!hero || !window.tributary) return;
  await window.tributary.ready();
  const variant = (await window.tributary.getVariant("hero")) ?? "control";
  if (variant === "b") {
    hero.dataset.variant = "b";
    for (const part of hero.querySelectorAll("[data-when]")) part.toggleAttribute("hidden", part.dataset.when !== "b");
  }
  hero.classList.add("decided");
  byId("demo-variant").textContent = `You see variant ${variant} of the hero.`;
}

/** For whoever shows the demo: one browser can be many visitors. */
async function demoBar() {
  if (!window.tributary) return;
  await window.tributary.ready();
  byId("demo-visitor").hidden = false;
  byId("new-visitor").addEventListener("click", async () => {
    await window.tributary.clear();
    location.href = "index.html";
  });
}

// Its method is `dialog`: without this script too, a submit sends nothing.
byId("newsletter").addEventListener("submit", (submit) => {
  submit.preventDefault();
  submit.target.querySelector(".done").textContent = "Thank you. The next letter comes with the season.";
  submit.target.reset();
});

heroExperiment();
demoBar();
showCount();
if (byId("product")) productPage();
if (byId("cart")) cartPage();
if (byId("checkout")) checkoutPage();
if (byId("order")) thanksPage();
