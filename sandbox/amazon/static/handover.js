// Sends the cart on without a tap. Without script the page's button does the same.
document.getElementById("handover").requestSubmit();
