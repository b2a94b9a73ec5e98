/* Presses the button of the one-time link page for a person whose browser runs scripts; a preview does not. */
document.getElementById("enter-link")?.requestSubmit();
