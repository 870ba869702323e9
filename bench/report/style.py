"""The looks of the page, and the line that follows the sound."""

CSS = """
body { margin: 0; background: #f4f1ea; color: #22303c;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
main { max-width: 66rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
header { margin: 1rem 0 1.5rem }
h1 { margin: 0; font-size: 2.2rem; letter-spacing: -.02em }
header p { margin: .2rem 0; font-size: 1.15rem; color: #54616e }
section { background: #fff; border-radius: 12px; padding: 1.1rem 1.4rem 1.2rem; margin: 1rem 0;
  box-shadow: 0 1px 3px #22303c22 }
h2 { margin: .1rem 0 .5rem; font-size: 1.3rem }
h2 em { font-size: .72rem; font-style: normal; text-transform: uppercase; letter-spacing: .06em;
  background: #e9eef4; color: #1f5fa8; border-radius: 99px; padding: .15rem .6rem; vertical-align: middle }
p { margin: .4rem 0 .8rem }
.quiet { color: #6c7885; font-size: .85rem; overflow-wrap: anywhere; margin: .4rem 0 }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem;
  background: none; box-shadow: none; padding: 0 }
.tiles div { background: #fff; border-radius: 12px; padding: .8rem 1rem; box-shadow: 0 1px 3px #22303c22 }
.tiles b { display: block; font-size: 1.7rem; line-height: 1.2; color: #1f5fa8 }
.tiles span { font-size: .85rem; color: #54616e; display: block; line-height: 1.3 }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem;
  margin: .6rem 0 }
th { font-weight: 600; color: #54616e; border-bottom: 2px solid #dfe4ea }
th, td { text-align: right; padding: .3rem .6rem }
th:first-child, td:first-child { text-align: left; white-space: nowrap }
td { border-bottom: 1px solid #eef1f4 }
.sum td { font-weight: 600; border-top: 2px solid #dfe4ea }
.part td { color: #54616e; font-size: .86rem; border-bottom: none; padding: .1rem .6rem }
.part td:first-child { padding-left: 1.8rem }
.about td { text-align: left; overflow-wrap: anywhere }
.about td:first-child { color: #54616e; white-space: nowrap }
svg { max-width: 100%; height: auto; display: block; margin: .3rem auto }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem;
  align-items: end }
.example { position: relative }
.example img { width: 100%; display: block }
.cursor { position: absolute; top: 1.5%; bottom: 11.5%; width: 2px; background: #22303c; opacity: 0;
  pointer-events: none }
.sounds { display: flex; flex-wrap: wrap; gap: 1.5rem }
.sounds figure { margin: 0 }
figcaption { font-size: .85rem; color: #54616e }
.hit { color: #d1495b; font-weight: 700 }
.label { color: #3b8574 }
"""

SCRIPT = """
(function () {
  var box = document.querySelector('.example'), line = box.querySelector('.cursor'), data = box.dataset;
  var sounds = document.querySelectorAll('.sounds audio'), playing = null;
  function draw() {
    if (!playing || playing.paused) { line.style.opacity = 0; return; }
    var share = Math.min(playing.currentTime / data.seconds, 1);
    line.style.left = 100 * (+data.left + share * (data.right - data.left)) + '%';
    line.style.opacity = 0.8;
    requestAnimationFrame(draw);
  }
  sounds.forEach(function (sound) {
    sound.addEventListener('play', function () {
      sounds.forEach(function (other) { if (other !== sound) other.pause(); });
      playing = sound;
      draw();
    });
  });
})();
"""
