// Offers to fill in the position of the device. The form works without it.
(() => {
  const offer = document.getElementById("locate");
  if (!navigator.geolocation || !window.isSecureContext) return;
  const status = offer.querySelector("[role=status]");
  offer.hidden = false;
  offer.querySelector("button").addEventListener("click", () => {
    status.textContent = offer.dataset.wait;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        // Five decimals are about a metre.
        document.getElementById("lat").value = coords.latitude.toFixed(5);
        document.getElementById("lon").value = coords.longitude.toFixed(5);
        document.getElementById("coordinates").open = true;
        status.textContent = offer.dataset.done;
      },
      () => { status.textContent = offer.dataset.failed; },
      { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 },
    );
  });
})();
