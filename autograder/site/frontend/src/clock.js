// What a reader sees while Python starts and runs: a clock that ticks, and what is still to come.

// A function that starts a clock: watch(say) → {running, end}. say(text, share) is called at once, each second, and
// when something new is known; share is null once the reader's code runs. listen(listener) → unlisten: Python's progress.
export function makeWatch(listen, isReady) {
  return (say) => {
    const began = performance.now();
    let latest = null;
    let runningSince = null;
    const tell = () => say(...words(latest, runningSince, began, isReady(), performance.now()));
    const unlisten = listen((progress) => {
      latest = progress;
      tell();
    });
    const timer = setInterval(tell, 1000);
    return {
      running: () => {
        runningSince = performance.now();
        tell();
      },
      end: () => {
        clearInterval(timer);
        unlisten();
      },
    };
  };
}

export function words(latest, runningSince, began, ready, now) {
  const seconds = (since) => `${Math.floor((now - since) / 1000)} s`;
  if (runningSince !== null) return [now - runningSince < 1000 ? "Running your code …" : `Running your code … ${seconds(runningSince)}`, null];
  if (ready || latest?.stage === "ready") return ["Checking …", null];
  if (!latest) return [`Python starts … ${seconds(began)}`, 0];
  const left = latest.megabytes >= 0.5 ? `${Math.ceil(latest.megabytes)} MB to go, ` : "";
  return [`${latest.stage} … ${left}${seconds(began)}`, latest.share];
}
