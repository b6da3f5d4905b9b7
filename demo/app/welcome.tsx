/** Beside the list while no lead is open. */
export function Welcome() {
  return (
    <section className="lead-pane welcome" aria-labelledby="welcome-title">
      <h2 id="welcome-title">Walk into a basement</h2>
      <p>This is an app for people who sell on the road. Everything you type is kept on this device first.</p>
      <ol>
        <li>Open a lead and switch the connection off.</li>
        <li>Edit it. Close the tab, or reload it: your words are still there.</li>
        <li>Switch the connection on and watch them reach the server, in order.</li>
      </ol>
      <p className="welcome-note">
        The switch cuts every request of the page. Your browser’s own offline mode, or pulling the plug, does as well.
      </p>
    </section>
  );
}
