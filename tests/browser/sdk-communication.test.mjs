// Pop-ups, notifications and website blocks in the page's markup, and what happens to them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { can } from "./support/engine.mjs";
import { html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

/** Names of what happened to communications, with the key of each, in order. */
const happened = (site) =>
  site
    .events()
    .filter(({ body }) => body.communication)
    .map(({ name, body }) => `${name.slice(1)} ${body.communication}`);

let pages = 0;

/** A page with a body; what is visible appears at once unless a test says otherwise. */
async function open(body, { config = {}, attributes = 'data-visible-ms="0"', head = "" } = {}) {
  const site = on.site({ hasCommunications: true, ...config });
  const visitor = await on.visitor();
  const style = "<style>[hidden]{display:none!important} .box{width:200px;height:100px;background:#ccc}</style>";
  const page = await visitor.open(on.page(`/communication/${(pages += 1)}`, html(`${style}${site.tag(attributes)}${head}`, body)));
  return {
    site,
    page,
    /** Flushes until as many have happened, and gives them all. */
    async expect(count) {
      await page.waitForFunction(() => tributary.flush().then(() => true));
      await site.until(() => {
        if (happened(site).length >= count) return true;
        page.evaluate(() => tributary.flush()).catch(() => {});
        return false;
      }, `${count} of communications`);
      return happened(site);
    },
    /** Once everything before it is here, so is this. */
    async all() {
      await page.evaluate(() => {
        tributary.track("mark");
        return tributary.flush();
      });
      return happened(site);
    },
    close: () => visitor.close(),
  };
}

/** Two frames and a while by the page's own clock: the browser's observers have told, and timers that were due before have run. */
const settle = (page, ms = 100) =>
  page.evaluate((ms) => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, ms)))), ms);

test("one appears when half of it is on the screen, and not before", async () => {
  const { page, expect, all, close } = await open(
    '<div class="box" data-trib-block="top"></div><div style="height:3000px"></div><div class="box" data-trib-block="low"></div>',
  );
  assert.deepEqual(await expect(1), ["appearance top"]);
  await page.evaluate(() => scrollTo(0, document.querySelector("[data-trib-block=low]").offsetTop - innerHeight + 40));
  await settle(page);
  assert.deepEqual(await all(), ["appearance top"]);
  await page.evaluate(() => scrollBy(0, 20));
  assert.deepEqual(await expect(2), ["appearance top", "appearance low"]);
  await close();
});

test("one that is larger than the screen appears when it fills half of that", async () => {
  const { page, expect, close } = await open('<div data-trib-block="tall" style="height:5000px">long</div>');
  await page.evaluate(() => scrollTo(0, 1_000));
  assert.deepEqual(await expect(1), ["appearance tall"]);
  await close();
});

test("what is shown for less than the moment has not appeared", async () => {
  const { page, all, expect, close } = await open('<div class="box" hidden data-trib-popup="sale"></div>', { attributes: 'data-visible-ms="400"' });
  // In the page, whose timers run in their order however busy the machine is.
  await page.evaluate(async () => {
    const box = document.querySelector("[data-trib-popup]");
    box.hidden = false;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)));
    box.hidden = true;
  });
  await settle(page, 600);
  assert.deepEqual(await all(), []);
  await page.evaluate(() => (document.querySelector("[data-trib-popup]").hidden = false));
  assert.deepEqual(await expect(1), ["appearance sale"]);
  await close();
});

test("what is transparent or invisible has not appeared, and does when it can be seen", async () => {
  const { page, all, expect, close } = await open(
    '<div class="box" style="opacity:0" data-trib-popup="clear"></div><div style="visibility:hidden"><div class="box" data-trib-block="unseen"></div></div>',
  );
  await settle(page, 1_200);
  assert.deepEqual(await all(), []);
  await page.evaluate(() => {
    document.querySelector("[data-trib-popup]").style.opacity = 1;
    document.querySelector("[data-trib-block]").parentNode.style.visibility = "visible";
  });
  assert.deepEqual(await expect(2), ["appearance clear", "appearance unseen"]);
  await close();
});

test("what disappears and comes back appears again: hidden, removed or transparent in between", async () => {
  const { page, expect, close } = await open('<div class="box" data-trib-popup="sale"></div>');
  await expect(1);
  const change = (act) => page.evaluate(act);
  await change(() => (document.querySelector(".box").hidden = true));
  await settle(page);
  await change(() => (document.querySelector(".box").hidden = false));
  await expect(2);
  await change(() => (window.box = document.querySelector(".box")).remove());
  await settle(page);
  await change(() => document.body.append(window.box));
  await expect(3);
  await change(() => (document.querySelector(".box").style.opacity = 0));
  await settle(page, 1_200);
  await change(() => (document.querySelector(".box").style.opacity = 1));
  assert.deepEqual(await expect(4), Array(4).fill("appearance sale"));
  await close();
});

test("those that come later are found: inserted, marked, in open shadow roots, in roots that are given", async () => {
  const { page, expect, close } = await open('<div class="box" id="later"></div>');
  await page.evaluate(() => {
    const put = (parent, key) => (parent.innerHTML = `<section><div style="width:90px;height:20px" data-trib-block="${key}"></div></section>`);
    const add = (parent) => parent.appendChild(document.createElement("div"));
    put(add(document.body), "inserted");
    document.getElementById("later").setAttribute("data-trib-notification", "marked");
    const host = document.createElement("div");
    const outer = host.attachShadow({ mode: "open" });
    put(outer, "shadow");
    const inner = outer.firstChild.appendChild(document.createElement("div"));
    put(inner.attachShadow({ mode: "open" }), "nested");
    document.body.append(host);
    const late = add(document.body);
    setTimeout(() => {
      const root = late.attachShadow({ mode: "open" });
      put(root, "given");
      tributary.observe(root);
      setTimeout(() => put(add(root), "given-later"), 50);
    }, 50);
    const closed = add(document.body);
    closed.dataset.tribPopup = "closed";
    put(closed.attachShadow({ mode: "closed" }), "inside-closed");
  });
  const appeared = (await expect(7)).toSorted();
  const keys = ["closed", "given", "given-later", "inserted", "marked", "nested", "shadow"];
  assert.deepEqual(appeared, keys.map((key) => `appearance ${key}`));
  await close();
});

test("a click inside counts for the innermost, with the goals that it meets, as one event", async () => {
  const { site, page, expect, all, close } = await open(
    '<div class="box" data-trib-popup="outer"><div data-trib-block="inner"><button class="buy">Buy</button></div></div><button id="beside">x</button>',
    { config: { clicks: [{ goal: 0, selector: ".buy" }] } },
  );
  await expect(2);
  await page.click(".buy");
  await page.click("#beside");
  assert.deepEqual((await all()).slice(2), ["hover inner", "click inner"]);
  assert.deepEqual(site.named("$click").map(({ body }) => body), [{ goals: [[1, 0]], communication: "inner" }]);
  await close();
});

test("a click on what dismisses is a dismissal and no click; by its own text also of one that it stands beside", async () => {
  const { site, page, expect, all, close } = await open(
    `<div class="box" data-trib-popup="sale"><button id="x" data-trib-dismiss><b>x</b></button></div>
     <div class="box" data-trib-notification="news">n</div><button id="far" data-trib-dismiss="news">close</button>`,
    { config: { clicks: [{ goal: 4, selector: "#x" }] } },
  );
  await expect(2);
  await page.evaluate(() => {
    document.querySelector("#x b").click();
    document.querySelector("#far").click();
  });
  assert.deepEqual((await all()).slice(2), ["dismissal sale", "dismissal news"]);
  assert.deepEqual(site.named("$click").map(({ body }) => body), [{ goals: [[1, 4]] }]);
  await close();
});

test("what goes after Escape or a click beside it was dismissed; what stays or is no pop-up was not", async () => {
  const { page, expect, all, close } = await open(
    `<div class="box" data-trib-popup="sale"></div><div class="box" data-trib-notification="stays"></div><div class="box" data-trib-block="block"></div>
     <div id="backdrop" style="height:50px;background:#eee"></div><a href="#on" id="link">on</a>`,
  );
  await expect(3);
  await page.evaluate(() => {
    const [sale, , block] = document.querySelectorAll(".box");
    addEventListener("keydown", ({ key }) => key === "Escape" && (sale.hidden = block.hidden = true));
    document.getElementById("backdrop").onclick = document.getElementById("link").onclick = () => (sale.hidden = true);
  });
  await page.keyboard.press("Escape");
  assert.deepEqual((await expect(4)).slice(3), ["dismissal sale"]);
  const again = async (count) => {
    await page.evaluate(() => new Promise((done) => setTimeout(done, 1_600)));
    await page.evaluate(() => (document.querySelector(".box").hidden = false));
    return expect(count);
  };
  await again(5);
  await page.click("#backdrop");
  await expect(6);
  await again(7);
  await page.click("#link");
  await settle(page);
  assert.deepEqual((await all()).slice(4), ["appearance sale", "dismissal sale", "appearance sale"]);
  await close();
});

test("a dialog that is a pop-up is dismissed by its backdrop", async () => {
  const { page, expect, close } = await open('<dialog data-trib-popup="sale" style="width:200px;height:100px;padding:20px"><p>Hello</p></dialog>');
  await page.evaluate(() => document.querySelector("dialog").showModal());
  await expect(1);
  await page.mouse.click(5, 5);
  assert.deepEqual(await expect(2), ["appearance sale", "dismissal sale"]);
  await close();
});

test("a submit inside an open shadow root is told, whether its host came with it or the root is given", async () => {
  const site = on.site({ submits: [{ goal: 2, selector: "form" }] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/shadow-submit", html(site.tag())));
  await page.evaluate(async () => {
    for (const given of [false, true]) {
      const host = document.createElement("div");
      if (given) document.body.append(host);
      const root = host.attachShadow({ mode: "open" });
      root.innerHTML = '<form action="javascript:void 0"><input required value="x"><button>go</button></form>';
      if (given) tributary.observe(root);
      else document.body.append(host);
      await new Promise((done) => setTimeout(done, 50));
      root.querySelector("button").click();
      root.querySelector("input").value = "";
      root.querySelector("button").click();
    }
    return tributary.flush();
  });
  assert.deepEqual(site.named("$form_submit").map(({ body }) => body), Array(2).fill({ goals: [[1, 2]] }));
  await visitor.close();
});

const NEWS = '<div class="box" data-trib-notification="news"><p>a</p><p>b</p></div><div style="height:300px"></div>';

test("a mouse that enters hovers, each time that it does", async () => {
  const { page, expect, close } = await open(NEWS);
  await expect(1);
  for (const [x, y] of [[50, 30], [60, 70], [400, 400], [50, 50]]) await page.mouse.move(x, y);
  assert.deepEqual(await expect(3), ["appearance news", "hover news", "hover news"]);
  await close();
});

if (can("touch")) {
  test("a touch never hovers", async () => {
    const { page, expect, all, close } = await open(NEWS);
    await expect(1);
    await page.touchscreen.tap(50, 50);
    await settle(page);
    assert.deepEqual(await all(), ["appearance news", "click news"]);
    await close();
  });
}

test("with a dwell time a mouse that only passes does not hover", async () => {
  const { page, expect, all, close } = await open('<div class="box" data-trib-notification="news"></div><div style="height:300px"></div>', {
    attributes: 'data-visible-ms="0" data-hover-ms="2000"',
  });
  await expect(1);
  await page.mouse.move(50, 50);
  await page.mouse.move(400, 400);
  await settle(page, 2_200);
  assert.deepEqual(await all(), ["appearance news"]);
  await page.mouse.move(50, 50);
  assert.deepEqual(await expect(2), ["appearance news", "hover news"]);
  await close();
});

test("an interaction with one that has not appeared yet shows that it did", async () => {
  const { page, all, close } = await open('<div class="box" data-trib-popup="sale">x</div>', { attributes: 'data-visible-ms="60000"' });
  await page.click(".box");
  assert.deepEqual(await all(), ["appearance sale", "hover sale", "click sale"]);
  await close();
});

const GROUPS = [
  { isCampaign: false, key: "welcome", communications: ["hello", "offer"] },
  { isCampaign: false, key: "other", communications: ["elsewhere"] },
  { isCampaign: true, key: "spring", communications: ["hello", "offer", "elsewhere"] },
];
const starts = (site) => site.events().filter(({ name }) => name.endsWith("_start")).map(({ body }) => body.sequence ?? body.campaign);

test("a sequence and a campaign start once a session, with the first of their communications, in all tabs", async () => {
  const site = on.site({ hasCommunications: true, groups: GROUPS });
  const visitor = await on.visitor();
  const address = on.page("/starts", html(site.tag()));
  const first = await visitor.open(address);
  const appear = (page, key) =>
    page.evaluate((key) => {
      tributary.appeared(key);
      return tributary.flush();
    }, key);
  await appear(first, "hello");
  await appear(first, "offer");
  const second = await visitor.open(address);
  await appear(second, "offer");
  assert.deepEqual(starts(site), ["welcome", "spring"]);
  await appear(second, "elsewhere");
  assert.deepEqual(starts(site), ["welcome", "spring", "other"]);
  // Half an hour of silence later.
  await second.evaluate((key) => {
    const before = Date.now() - 31 * 60_000;
    localStorage.setItem(`tributary.${key}.session`, `${before - 1_000} ${before}`);
  }, site.key);
  await appear(second, "offer");
  assert.deepEqual(starts(site), ["welcome", "spring", "other", "welcome", "spring"]);
  await visitor.close();
});

test("code that shows communications says the same by functions", async () => {
  const { site, page, all, close } = await open("<p>none in the markup</p>");
  await page.evaluate(() => {
    for (const name of ["appeared", "hovered", "clicked", "dismissed"]) tributary[name]("by-code");
  });
  assert.deepEqual(await all(), ["appearance by-code", "hover by-code", "click by-code", "dismissal by-code"]);
  assert.equal(site.named("$click").length, 1);
  await close();
});

test("the page tells that it closed one by itself, once", async () => {
  const { page, expect, all, close } = await open('<div class="box" data-trib-popup="sale"></div>');
  await expect(1);
  await page.evaluate(() => {
    tributary.dismissed("sale");
    tributary.dismissed("sale");
    document.querySelector(".box").hidden = true;
  });
  await settle(page);
  assert.deepEqual(await all(), ["appearance sale", "dismissal sale"]);
  await close();
});

test("what has no area has not appeared, whatever is inside", async () => {
  const { page, all, close } = await open(
    '<div data-trib-popup="wrapper"><div hidden>sale</div></div><div data-trib-popup="fixed"><div class="box" style="position:fixed;display:none"></div></div>',
  );
  await settle(page, 300);
  assert.deepEqual(await all(), []);
  await close();
});

test("what is scrolled away after a click beside it was not dismissed", async () => {
  const { page, expect, all, close } = await open('<div class="box" data-trib-notification="bar"></div><p id="text">text</p><div style="height:3000px"></div>');
  await expect(1);
  await page.click("#text");
  await page.evaluate(() => scrollTo(0, 2_000));
  await settle(page, 300);
  assert.deepEqual(await all(), ["appearance bar"]);
  await close();
});

test("an element that is given another key is another communication, and without one none", async () => {
  const { page, expect, all, close } = await open('<div class="box" data-trib-notification="one"></div>');
  await expect(1);
  await page.evaluate(() => document.querySelector(".box").setAttribute("data-trib-notification", "two"));
  assert.deepEqual(await expect(2), ["appearance one", "appearance two"]);
  await page.evaluate(() => document.querySelector(".box").removeAttribute("data-trib-notification"));
  await settle(page, 100);
  await page.evaluate(() => (document.querySelector(".box").hidden = true));
  await settle(page, 100);
  assert.equal((await all()).length, 2);
  await close();
});

test("a banner that agrees again and again shows nothing anew", async () => {
  const { page, expect, all, close } = await open('<div class="box" data-trib-popup="sale"></div>');
  await expect(1);
  for (let count = 0; count < 3; count += 1) await page.evaluate(() => tributary.consent(true));
  await settle(page, 200);
  assert.deepEqual(await all(), ["appearance sale"]);
  await close();
});

test("what is on the screen when the visitor agrees has appeared then", async () => {
  const { site, page, expect, close } = await open('<div class="box" data-trib-popup="sale"></div>', { attributes: 'data-visible-ms="0" data-consent="required"' });
  await settle(page, 300);
  assert.equal(site.batches.length, 0);
  await page.evaluate(() => tributary.consent(true));
  assert.deepEqual(await expect(1), ["appearance sale"]);
  await close();
});

if (can("back/forward cache")) {
  test("what is on the screen when the page comes back out of the cache has appeared again", async () => {
    const { page, expect, close } = await open('<div class="box" data-trib-popup="sale"></div>');
    await expect(1);
    await page.goto(on.page("/away", html("")));
    await page.goBack();
    assert.deepEqual(await expect(2), ["appearance sale", "appearance sale"]);
    await close();
  });
}

test("a document of 50,000 nodes is walked through", async () => {
  const { page, expect, close } = await open(`<div id="many">${"<i><b></b></i>".repeat(25_000)}</div><div class="box" data-trib-block="end"></div>`);
  assert.deepEqual(await expect(1), ["appearance end"]);
  await page.evaluate(() => {
    const many = document.createElement("div");
    many.innerHTML = `${"<i><b></b></i>".repeat(25_000)}<div style="width:90px;height:20px" data-trib-block="more"></div>`;
    document.body.prepend(many);
  });
  assert.deepEqual(await expect(2), ["appearance end", "appearance more"]);
  await close();
});

test("a site without communications and forms looks at nothing, and markup alone makes no event", async () => {
  const { page, all, close } = await open('<div class="box" data-trib-popup="sale"></div>', { config: { hasCommunications: false } });
  await settle(page, 200);
  await page.click(".box");
  assert.deepEqual(await all(), []);
  await close();
});
