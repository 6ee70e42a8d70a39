// The app's own module, in the form that many a server and test still has.

const signUp = (hw, plan) => {
  hw.identify("ada");
  hw.track("Signed Up", { plan });
  return plan;
};

module.exports = { signUp };
